// Bench measures Drover as its users feel it, on the full-scale release
// repository that DROVER_CORPUS names, and prints one table.
//
// Times are given as ratios to a yardstick, Y, that is timed in the same run:
// decoding every configuration once, on one goroutine, with
// sigs.k8s.io/yaml.Unmarshal into any. Machines differ and are noisy; ratios
// can be compared.
//
// Whole programs are measured from outside, with the operating system's
// account of their memory. Nothing here asserts a time.
package main
