// Package imagestreams reads the ImageStreams of an OpenShift cluster, for jobs
// that put releases together from them. It never writes.
package imagestreams

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	imagev1 "github.com/openshift/api/image/v1"
	client "github.com/openshift/client-go/image/clientset/versioned/typed/image/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/drover-ci/drover/resolver/httpapi"
)

// configAnnotation holds, as JSON, what a release controller makes of a stream.
const configAnnotation = "release.openshift.io/config"

// Reader reads ImageStreams. It is safe for concurrent use.
type Reader struct{ client client.ImageV1Interface }

// New gives a reader of a cluster's ImageStreams. The cluster is not asked yet.
func New(config *rest.Config) (*Reader, error) {
	config = rest.CopyConfig(config)
	config.ContentType = "application/json" // as custom resources know no other
	images, err := client.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("make a client for ImageStreams: %w", err)
	}
	return &Reader{client: images}, nil
}

// Stream gives an ImageStream's tags that have an image, sorted, and the name of
// the release that is made of it.
func (r *Reader) Stream(ctx context.Context, namespace, name string) (*httpapi.Stream, error) {
	found, err := r.client.ImageStreams(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	stream := &httpapi.Stream{Tags: tagsOf(found)}
	if text, ok := found.Annotations[configAnnotation]; ok {
		var config struct {
			Name string `json:"name"`
		}
		if err := json.Unmarshal([]byte(text), &config); err != nil {
			return nil, fmt.Errorf("read annotation %s of ImageStream %s/%s: %w", configAnnotation, namespace, name, err)
		}
		stream.ReleaseControllerConfigName = config.Name
	}
	return stream, nil
}

func tagsOf(stream *imagev1.ImageStream) []string {
	var tags []string
	for _, tag := range stream.Status.Tags {
		if len(tag.Items) > 0 {
			tags = append(tags, tag.Tag)
		}
	}
	slices.Sort(tags)
	return tags
}
