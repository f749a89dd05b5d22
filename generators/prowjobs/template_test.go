package prowjobs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/drover-ci/drover/generators/prowjobs"
	"github.com/drover-ci/drover/schema"
)

// parseTemplate reads a template as settings hold it.
func parseTemplate(tb testing.TB, text string) *schema.JobTemplate {
	tb.Helper()
	template := &schema.JobTemplate{}
	if err := yaml.UnmarshalStrict([]byte(text), template); err != nil {
		tb.Fatal(err)
	}
	return template
}

// specOf is the pod of the only job of a configuration with a test.
func specOf(tb testing.TB, template *schema.JobTemplate) string {
	tb.Helper()
	configs := parseConfigs(tb, widgetMain+"tests: [{as: unit, container: {from: src}}]")
	files := component(tb, newGenerator(tb, template, prowjobs.Registry{}), configs)
	var file struct {
		Presubmits map[string][]struct {
			Spec any `json:"spec"`
		} `json:"presubmits"`
	}
	if err := yaml.Unmarshal(files[0].Content, &file); err != nil {
		tb.Fatal(err)
	}
	text, err := yaml.Marshal(file.Presubmits["acme/widget"][0].Spec)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

const widgetMain = "zz_generated_metadata: {org: acme, repo: widget, branch: main}\n"

const base = `
image: ci
imagePullPolicy: Always
command: [ci]
serviceAccount: ci
resources: {requests: {cpu: 10m, memory: 1Gi}}
parts:
  all:
    args: {"--flag": [""], "--pull-secret": [/etc/pull]}
    env: {A: {value: a}}
    ports: {http: 8080}
    mounts: {pull: {path: /etc/pull}}
    volumes: {pull: {secret: {secretName: pull}}}
  target: {args: {"--target": ["{target}"]}}
`

func TestOverride(t *testing.T) {
	tests := map[string]struct {
		reason, over string
		want         string
	}{
		"Nothing": {
			reason: "without settings the default holds",
			want: `
containers:
- args:
  - --flag
  - --pull-secret=/etc/pull
  - --target=unit
  command:
  - ci
  env:
  - name: A
    value: a
  image: ci
  imagePullPolicy: Always
  name: ""
  ports:
  - containerPort: 8080
    name: http
  resources:
    requests:
      cpu: 10m
      memory: 1Gi
  volumeMounts:
  - mountPath: /etc/pull
    name: pull
    readOnly: true
serviceAccountName: ci
volumes:
- name: pull
  secret:
    secretName: pull
`,
		},
		"Everything": {
			reason: "each name has its own value, new ones join, and empty ones drop what is there",
			over: `
image: mine
imagePullPolicy: IfNotPresent
command: [run, ci]
serviceAccount: runner
resources: {requests: {cpu: "1", memory: ""}, limits: {cpu: "2"}}
parts:
  all:
    args: {"--flag": [], "--more": [a, b]}
    env: {A: {}, B: {fieldPath: metadata.name}}
    ports: {http: 0, debug: 6060}
    mounts:
      pull: {}
      token: {path: /etc/token}
      scratch: {path: /scratch, writable: true}
      all: {path: /etc/all}
      csi: {path: /csi}
    volumes:
      pull: {}
      token: {secret: {secretName: token, optional: true, items: [{key: t, path: token}]}}
      scratch: {emptyDir: {medium: Memory, sizeLimit: 1Gi}}
      all: {configMap: {name: all, optional: true, items: [{key: a, path: all}]}}
      csi: {csi: {driver: acme.example, volumeAttributes: {class: acme}}}
`,
			want: `
containers:
- args:
  - --more=a
  - --more=b
  - --pull-secret=/etc/pull
  - --target=unit
  command:
  - run
  - ci
  env:
  - name: B
    valueFrom:
      fieldRef:
        fieldPath: metadata.name
  image: mine
  imagePullPolicy: IfNotPresent
  name: ""
  ports:
  - containerPort: 6060
    name: debug
  resources:
    limits:
      cpu: "2"
    requests:
      cpu: "1"
  volumeMounts:
  - mountPath: /etc/all
    name: all
    readOnly: true
  - mountPath: /csi
    name: csi
    readOnly: true
  - mountPath: /scratch
    name: scratch
  - mountPath: /etc/token
    name: token
    readOnly: true
serviceAccountName: runner
volumes:
- configMap:
    items:
    - key: a
      path: all
    name: all
    optional: true
  name: all
- csi:
    driver: acme.example
    volumeAttributes:
      class: acme
  name: csi
- emptyDir:
    medium: Memory
    sizeLimit: 1Gi
  name: scratch
- name: token
  secret:
    items:
    - key: t
      path: token
    optional: true
    secretName: token
`,
		},
		"OtherArguments": {
			reason: "arguments that are no long flags keep the order of their parts",
			over: `
resources: {requests: {cpu: "", memory: ""}}
parts:
  all:
    args: {"-v": [""], "--flag": [], "--pull-secret": []}
    env: {A: {}}
    ports: {http: 0}
    mounts: {pull: {}}
    volumes: {pull: {}}
`,
			want: `
containers:
- args:
  - -v
  - --target=unit
  command:
  - ci
  image: ci
  imagePullPolicy: Always
  name: ""
  resources: {}
serviceAccountName: ci
`,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			before := parseTemplate(t, base)
			got := specOf(t, prowjobs.Override(before, parseTemplate(t, tc.over)))
			if diff := cmp.Diff(strings.TrimPrefix(tc.want, "\n"), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(parseTemplate(t, base), before); diff != "" {
				t.Errorf("the base changed (-before +after):\n%s", diff)
			}
		})
	}
}

func TestOverrideOfNothing(t *testing.T) {
	template := parseTemplate(t, base)
	for name, got := range map[string]*schema.JobTemplate{
		"over nothing": prowjobs.Override(&schema.JobTemplate{}, template),
		"with nothing": prowjobs.Override(template, nil),
		"with empty":   prowjobs.Override(template, &schema.JobTemplate{}),
	} {
		if diff := cmp.Diff(template, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for _, text := range []string{"{}", "image: ci", "command: [ci]"} {
		if _, err := prowjobs.New(parseTemplate(t, text), prowjobs.Registry{}); err == nil {
			t.Errorf("template %s makes a generator, want an error", text)
		}
	}
}

// TestComponentRefuses covers what makes no sensible file.
func TestComponentRefuses(t *testing.T) {
	const widgetOKD = "\n---\nzz_generated_metadata: {org: acme, repo: widget, branch: main, variant: okd}\n"
	tests := map[string]struct{ reason, configs, want string }{
		"OtherComponent": {
			"components share no files", widgetMain + "\n---\nzz_generated_metadata: {org: acme, repo: gadget, branch: main}\n",
			"generate jobs of acme/widget: acme/gadget@main is another component",
		},
		"SameName": {
			"Prow knows jobs by name",
			widgetMain + "tests: [{as: okd-unit, container: {from: src}}]" +
				widgetOKD + "tests: [{as: unit, container: {from: src}}]",
			"two jobs of acme/widget/acme-widget-main-presubmits.yaml are called pull-ci-acme-widget-main-okd-unit",
		},
		"VolumeTwice": {
			"a test's secret has the name of another volume",
			widgetMain + "tests: [{as: unit, secret: {name: pull-secret}, container: {from: src}}]",
			"generate jobs of acme/widget@main: job unit: mount pull-secret is given twice, and differently",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			files, err := newGenerator(t, openShift(t), prowjobs.Registry{}).Component(parseConfigs(t, tc.configs))
			if err == nil || files != nil {
				t.Fatalf("%s, but there are %d files and no error", tc.reason, len(files))
			}
			if diff := cmp.Diff(tc.want, err.Error()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.reason, diff)
			}
		})
	}
}

func TestComponentWithoutJobs(t *testing.T) {
	generator := newGenerator(t, openShift(t), prowjobs.Registry{})
	for _, configs := range [][]*schema.Config{nil, parseConfigs(t, widgetMain)} {
		if files := component(t, generator, configs); len(files) != 0 {
			t.Errorf("configurations without tests make %d files, want none", len(files))
		}
	}
}
