package main

import (
	"flag"
	"io"
	"log"
	"os"

	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"gopkg.in/natefinch/lumberjack.v2"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
)

// logFile begins the log anew, and keeps it from growing beyond two files of 16 MB.
func logFile(path string) io.Writer {
	os.Remove(path) // one that cannot be removed is appended to
	return &lumberjack.Logger{Filename: path, MaxSize: 16, MaxBackups: 1}
}

// directLogs sends all that kube-apiserver logs to out. It logs through globals, so this sets them.
// What makes it give up goes to standard error as well.
func directLogs(out io.Writer, verbose bool) { //nolint:revive // the flag is the user's
	fs := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(fs)
	args := []string{"-logtostderr=false", "-one_output=true", "-stderrthreshold=FATAL"}
	if verbose {
		args = append(args, "-v=2")
	}
	_ = fs.Parse(args) // a flag that klog does not know panics
	klog.SetOutput(out)
	log.SetOutput(out)                               //nolint:forbidigo // libraries below write there
	rest.SetDefaultWarningHandler(rest.NoWarnings{}) // the server need not warn itself
}

// storageLogs sends what etcd logs to out, and what makes it give up to standard error as well.
func storageLogs(out io.Writer, verbose bool) func(*embed.Config) error { //nolint:revive // the flag is the user's
	level := zap.WarnLevel
	if verbose {
		level = zap.InfoLevel
	}
	encoding := zap.NewProductionEncoderConfig()
	encoding.EncodeTime = zapcore.ISO8601TimeEncoder
	encoder := zapcore.NewConsoleEncoder(encoding)
	core := zapcore.NewCore(encoder, zapcore.AddSync(out), level)
	if !verbose {
		core = zapcore.NewTee(core, zapcore.NewCore(encoder, zapcore.Lock(os.Stderr), zap.PanicLevel))
	}
	return embed.NewZapLoggerBuilder(zap.New(core))
}
