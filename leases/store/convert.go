package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/drover-ci/drover/leases"
)

// Annotations of ours on Boskos's objects.
const (
	requestAnnotation = "leases.drover.dev/request"
	sinceAnnotation   = "leases.drover.dev/since"
	groupAnnotation   = "leases.drover.dev/group"
)

// annotations are what of a resource stands in annotations; empty for those
// that it has not.
func annotations(r *leases.Resource) map[string]string {
	all := map[string]string{requestAnnotation: r.Request}
	if !r.Since.IsZero() {
		all[sinceAnnotation] = r.Since.UTC().Format(time.RFC3339)
	}
	if r.Group != (leases.GroupMark{}) {
		content, _ := json.Marshal(r.Group) //nolint:errchkjson // strings and a bool
		all[groupAnnotation] = string(content)
	}
	return all
}

// resourceOf reads an object. What of ours cannot be read is as if it were not
// there: people may edit it.
func resourceOf(o *resourceObject) leases.Resource {
	r := leases.Resource{
		Name: o.Name, Type: o.Spec.Type, State: o.Status.State, Owner: o.Status.Owner,
		LastUpdate: o.Status.LastUpdate.UTC(), UserData: o.Status.UserData,
		UID: string(o.UID), Version: versionOf(o.ResourceVersion),
	}
	if o.Status.LastUpdate.IsZero() {
		r.LastUpdate = time.Time{}
	}
	if o.Status.ExpirationDate != nil {
		r.Expires = o.Status.ExpirationDate.UTC()
	}
	if r.Owner == "" {
		return r
	}
	r.Request = o.Annotations[requestAnnotation]
	if since, err := time.Parse(time.RFC3339, o.Annotations[sinceAnnotation]); err == nil {
		r.Since = since.UTC()
	}
	if group := o.Annotations[groupAnnotation]; group != "" {
		_ = json.Unmarshal([]byte(group), &r.Group)
	}
	return r
}

// objectOf makes a new object.
func objectOf(r *leases.Resource, namespace string) *resourceObject {
	o := &resourceObject{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion().String(), Kind: resourceKind},
		ObjectMeta: metav1.ObjectMeta{Name: r.Name, Namespace: namespace},
		Spec:       resourceSpec{Type: r.Type},
		Status: resourceStatus{
			State: r.State, Owner: r.Owner, LastUpdate: metav1.NewTime(r.LastUpdate), UserData: r.UserData,
		},
	}
	if !r.Expires.IsZero() {
		expires := metav1.NewTime(r.Expires)
		o.Status.ExpirationDate = &expires
	}
	for key, value := range annotations(r) {
		if value != "" {
			metav1.SetMetaDataAnnotation(&o.ObjectMeta, key, value)
		}
	}
	return o
}

// versionOf reads a resource version. They are numbers, and may be compared, as
// Kubernetes says since 1.35.
func versionOf(resourceVersion string) leases.Version {
	n, _ := strconv.ParseUint(resourceVersion, 10, 64)
	return leases.Version(n)
}

func versionText(v leases.Version) string { return strconv.FormatUint(uint64(v), 10) }

// mergePatch turns one state of a resource into another, and fails if the
// object is of another version than the first. It names what changes and
// nothing else, so that what others put on the object stays.
func mergePatch(before, after *leases.Resource) ([]byte, error) {
	status := map[string]any{}
	set := func(key, old, value string) {
		if old != value {
			status[key] = value
		}
	}
	set("state", before.State, after.State)
	set("owner", before.Owner, after.Owner)
	set("lastUpdate", timeText(before.LastUpdate), timeText(after.LastUpdate))
	if !before.Expires.Equal(after.Expires) {
		status["expirationDate"] = nil
		if !after.Expires.IsZero() {
			status["expirationDate"] = timeText(after.Expires)
		}
	}
	if data := changes(before.UserData, after.UserData); len(data) > 0 {
		status["userData"] = data
	}
	metadata := map[string]any{"resourceVersion": versionText(before.Version)}
	if marks := changes(annotations(before), annotations(after)); len(marks) > 0 {
		metadata["annotations"] = marks
	}
	return json.Marshal(map[string]any{"metadata": metadata, "status": status})
}

// changes is the merge patch of two maps. Empty values are as absent ones.
func changes(before, after map[string]string) map[string]any {
	patch := map[string]any{}
	for key, value := range after {
		if value != "" && before[key] != value {
			patch[key] = value
		}
	}
	for key, value := range before {
		if value != "" && after[key] == "" {
			patch[key] = nil
		}
	}
	return patch
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func lifecycleOf(o *lifecycleObject) leases.Lifecycle {
	l := leases.Lifecycle{
		Type: o.Name, State: o.Spec.State, Min: o.Spec.MinCount, Max: o.Spec.MaxCount,
		Config: leases.LifecycleConfig(o.Spec.Config), Needs: o.Spec.Needs, Version: versionOf(o.ResourceVersion),
	}
	if o.Spec.LifeSpan != nil {
		l.LifeSpan = time.Duration(*o.Spec.LifeSpan)
	}
	return l
}

func lifecycleObjectOf(l *leases.Lifecycle, namespace string) *lifecycleObject {
	o := &lifecycleObject{
		TypeMeta:   metav1.TypeMeta{APIVersion: GroupVersion().String(), Kind: lifecycleKind},
		ObjectMeta: metav1.ObjectMeta{Name: l.Type, Namespace: namespace},
		Spec: lifecycleSpec{
			State: l.State, MaxCount: l.Max, MinCount: l.Min, Config: lifecycleConfig(l.Config), Needs: l.Needs,
		},
	}
	if o.Spec.Needs == nil {
		o.Spec.Needs = map[string]int{}
	}
	if l.LifeSpan > 0 {
		nanoseconds := l.LifeSpan.Nanoseconds()
		o.Spec.LifeSpan = &nanoseconds
	}
	if l.Version > 0 {
		o.ResourceVersion = versionText(l.Version)
	}
	return o
}

// lineName is the name of the ConfigMap that holds the lines of a type. A type
// need not be a name that an object may have.
func lineName(leaseType string) string {
	var b strings.Builder
	plain := func(i int) bool {
		return i >= 0 && i < len(leaseType) && (leaseType[i] >= 'a' && leaseType[i] <= 'z' || leaseType[i] >= '0' && leaseType[i] <= '9')
	}
	for i, c := range []byte(leaseType) {
		if plain(i) || c == '-' && plain(i-1) && plain(i+1) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, ".x%02x", c)
		}
	}
	name := b.String()
	if len(name) > maxLineName {
		sum := sha256.Sum256([]byte(leaseType))
		name = strings.TrimRight(name[:maxLineName], ".-") + "." + hex.EncodeToString(sum[:16])
	}
	if !plain(0) {
		return "lease-line-of" + name + ".type" // the name begins with a dot
	}
	return "lease-line." + name + ".type"
}

// maxLineName is how much of a type's name the name of an object has room for.
const maxLineName = 180
