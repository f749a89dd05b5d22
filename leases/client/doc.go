// Package client asks a lease server, ours or Boskos, for resources.
//
//	c, err := client.New("http://boskos", "my-job", client.Options{})
//	resource, err := c.AcquireWait(ctx, client.Request{Type: "aws-quota-slice", State: "free", Dest: "leased"})
//	go c.KeepAlive(ctx, resource, time.Minute)
//	defer c.Release(context.WithoutCancel(ctx), resource.Name, "free")
//
// All calls end with their context. What may pass (a server that restarts, a
// network that breaks) is tried again for as long as the context lets it; a
// request has one id for all its tries, so that an answer which was lost on the
// way loses no lease.
package client
