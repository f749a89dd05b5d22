package apply_test

import (
	"fmt"

	"github.com/drover-ci/drover/generators"
)

// many are small ConfigMaps.
func many(n int, namespace, value string) []generators.Object {
	objects := make([]generators.Object, 0, n)
	for i := range n {
		objects = append(objects, configMap(namespace, fmt.Sprintf("many-%04d", i), value))
	}
	return objects
}
