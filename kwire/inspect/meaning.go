package inspect

// Meaning says what a value stands for.
func (n Node) Meaning() string { return "" }
