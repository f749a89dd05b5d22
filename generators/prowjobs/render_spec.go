package prowjobs

import (
	"github.com/drover-ci/drover/generators/yamlwriter"
	"github.com/drover-ci/drover/schema"
)

// writeSpec writes the pod, whose only container has no name.
func writeSpec(w *yamlwriter.Writer, s *PodSpec) {
	w.Open("spec")
	w.Open("containers")
	w.Item()
	list(w, "args", s.Args)
	list(w, "command", s.Container.Command)
	writeEnv(w, s.Env)
	w.String("image", s.Container.Image)
	text(w, "imagePullPolicy", s.Container.ImagePullPolicy)
	w.String("name", "")
	writePorts(w, s.Ports)
	writeResources(w, s.Container)
	writeMounts(w, s.Mounts)
	w.Close()
	text(w, "serviceAccountName", s.Container.ServiceAccount)
	writeVolumes(w, s.Volumes)
	w.Close()
}

func writeEnv(w *yamlwriter.Writer, env []Variable) {
	if len(env) == 0 {
		return
	}
	w.Open("env")
	for _, variable := range env {
		w.Item()
		w.String("name", variable.Name)
		text(w, "value", variable.Value)
		if variable.FieldPath != "" {
			w.Open("valueFrom")
			w.Open("fieldRef")
			w.String("fieldPath", variable.FieldPath)
			w.Close()
			w.Close()
		}
	}
	w.Close()
}

func writePorts(w *yamlwriter.Writer, ports []Port) {
	if len(ports) == 0 {
		return
	}
	w.Open("ports")
	for _, port := range ports {
		w.Item()
		w.Int("containerPort", port.Number)
		w.String("name", port.Name)
	}
	w.Close()
}

// writeResources writes {} where there are none, as Kubernetes does.
func writeResources(w *yamlwriter.Writer, c *Container) {
	if len(c.Requests)+len(c.Limits) == 0 {
		w.Value("resources", struct{}{})
		return
	}
	w.Open("resources")
	pairs(w, "limits", c.Limits)
	pairs(w, "requests", c.Requests)
	w.Close()
}

func writeMounts(w *yamlwriter.Writer, mounts []Mount) {
	if len(mounts) == 0 {
		return
	}
	w.Open("volumeMounts")
	for i := range mounts {
		w.Item()
		w.String("mountPath", mounts[i].Path)
		w.String("name", mounts[i].Name)
		truth(w, "readOnly", !mounts[i].Writable)
	}
	w.Close()
}

func writeVolumes(w *yamlwriter.Writer, volumes []Volume) {
	if len(volumes) == 0 {
		return
	}
	w.Open("volumes")
	for i := range volumes {
		w.Item()
		writeVolume(w, &volumes[i])
	}
	w.Close()
}

func writeVolume(w *yamlwriter.Writer, v *Volume) {
	if v.ConfigMap != nil {
		w.Open("configMap")
		writeItems(w, v.ConfigMap.Items)
		w.String("name", v.ConfigMap.Name)
		truth(w, "optional", v.ConfigMap.Optional)
		w.Close()
	}
	if v.CSI != nil {
		w.Open("csi")
		w.String("driver", v.CSI.Driver)
		truth(w, "readOnly", v.CSI.ReadOnly)
		pairs(w, "volumeAttributes", sortedPairs(v.CSI.VolumeAttributes))
		w.Close()
	}
	if v.EmptyDir != nil {
		w.Value("emptyDir", v.EmptyDir)
	}
	w.String("name", v.Name)
	if v.Secret != nil {
		w.Open("secret")
		writeItems(w, v.Secret.Items)
		truth(w, "optional", v.Secret.Optional)
		w.String("secretName", v.Secret.SecretName)
		w.Close()
	}
}

func writeItems(w *yamlwriter.Writer, items []schema.JobVolumeItem) {
	if len(items) == 0 {
		return
	}
	w.Open("items")
	for _, item := range items {
		w.Item()
		w.String("key", item.Key)
		w.String("path", item.Path)
	}
	w.Close()
}
