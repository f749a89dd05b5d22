package resolver

import (
	"strconv"
	"strings"
)

// Quantity is the amount that Kubernetes' notation stands for, such as 500m or
// 2Gi, near enough to tell which of two is larger. What cannot be read is 0.
func Quantity(text string) float64 {
	number := strings.TrimRight(text, "numkKMGTPEi")
	amount, err := strconv.ParseFloat(number, 64)
	if err != nil {
		return 0
	}
	return amount * unit(text[len(number):])
}

// unit is what a suffix multiplies by. One that is not known makes nothing of
// the amount.
func unit(suffix string) float64 {
	switch suffix {
	case "":
		return 1
	case "n":
		return 1e-9
	case "u":
		return 1e-6
	case "m":
		return 1e-3
	}
	base, scale := 1000.0, strings.TrimSuffix(suffix, "i")
	if scale != suffix {
		base = 1024
	}
	power := strings.Index("_kMGTPE", strings.Replace(scale, "K", "k", 1))
	if len(scale) != 1 || power < 1 {
		return 0
	}
	result := 1.0
	for range power {
		result *= base
	}
	return result
}
