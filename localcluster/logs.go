package main

import (
	"flag"
	"io"
	"os"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// directLogs sends all that kube-apiserver logs to out. It logs through a global of its own, and so does this.
// What makes it give up goes to standard error as well.
func directLogs(out io.Writer, verbose bool) {
	fs := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(fs)
	args := []string{"-logtostderr=false", "-one_output=true", "-stderrthreshold=FATAL"}
	if verbose {
		args = append(args, "-v=2")
	}
	fs.Parse(args)
	klog.SetOutput(out)
	rest.SetDefaultWarningHandler(rest.NoWarnings{}) // the server need not warn itself
}

// storageLogs sends all that etcd logs to where kube-apiserver logs.
func storageLogs(verbose bool) func(*embed.Config) error {
	level := zap.WarnLevel
	if verbose {
		level = zap.InfoLevel
	}
	encoder := zapcore.NewConsoleEncoder(zap.NewProductionEncoderConfig())
	return embed.NewZapLoggerBuilder(zap.New(zapcore.NewTee(
		zapcore.NewCore(encoder, zapcore.AddSync(klogWriter{}), level),
		zapcore.NewCore(encoder, zapcore.Lock(os.Stderr), zap.DPanicLevel),
	)))
}
