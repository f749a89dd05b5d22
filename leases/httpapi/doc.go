// Package httpapi serves leases over HTTP as Boskos does: the same paths,
// parameters, status codes and bodies, byte for byte, so that today's clients
// work unmodified.
//
//	POST /acquire         type, state, dest, owner; request_id   a resource as JSON
//	POST /acquirebystate  state, dest, owner, names (a,b,c)      resources as JSON
//	POST /release         name, dest, owner                      nothing
//	POST /update          name, owner, state; user data as JSON  nothing
//	POST /reset           type, state, dest, expire (30m)        who held them, as JSON
//	GET  /metric          type                                   counts as JSON
//
// Of ours there are besides:
//
//	POST /acquire?wait=5m   waits for a resource, instead of being told to come again
//	GET  /leases            everything: types, resources, who waits; type=T for one
//	GET  /healthz, /readyz  whether the program runs, and whether it serves
//	GET  /metrics           for Prometheus
//
// As in Boskos, anything else is answered 200 with nothing in it. An answer that
// a client never gets takes no resource with it: it goes back.
//
// Whoever is to be known by a name and a secret is in [Users]; without any,
// everybody is believed, as in Boskos.
package httpapi
