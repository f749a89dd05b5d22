package render

// PartsMade is how many parts of manifests a rendering made anew.
func PartsMade(r *Rendering) int { return r.parts.Made() }
