// Localcluster runs a real Kubernetes API server with its own etcd in one process, for one machine and for tests.
// Drover keeps what it knows in a Kubernetes API; where nobody has a cluster, this program is one.
//
// It is a process, not a library: others start it, read one JSON line from its standard output once it is ready, and
// talk to it through the kubeconfig that line names. It has its own Go module, because k8s.io/kubernetes needs a
// replace for each of its staging modules, and those would break `go install` of whoever shares a module with them.
//
// # What runs
//
//   - kube-apiserver, with custom resources and the aggregator, as cmd/kube-apiserver puts them together. Requests are
//     authenticated by client certificate or service account token and authorized by RBAC; nobody is anonymous.
//   - etcd, with fsync, behind a socket in the data folder that only the owner can open.
//   - The namespace controller, without which deleted namespaces would stay Terminating, and the garbage collector,
//     without which owner references and foreground deletion would do nothing.
//
// Admission is as upstream, less the plugins that wait for a controller that is not here: see withoutController.
//
// # What it never does
//
// It never runs a pod: there is no scheduler, no kubelet, and no controller besides the two above, so that Deployments,
// Jobs, quotas and service account tokens for pods stay what they are, objects. It never listens on anything but
// loopback, never takes over a folder that holds something else, never shares its folder with a second process, and
// never leaves a process behind.
//
// # The data folder
//
//	etcd/             everything the API server stores; etcd.new until it is first there
//	etcd.sock         where it reaches etcd, while it runs
//	pki/              the authority, the server's and the administrator's certificates, the service account key
//	kubeconfig        the administrator's, unless --kubeconfig says otherwise
//	localcluster.log  what kube-apiserver and etcd have to say, begun anew at each start
//	lock              held while a process uses the folder, with its process id
//	port              where it listened last, and listens again if it can
//
// The folder has mode 0700. It survives the process being killed at any instruction: keys and certificates that are
// found broken or near their end are made anew, everything else is kept.
package main
