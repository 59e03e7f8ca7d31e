"""What the engine and the cinema both need and neither owns. Imports nothing of ours."""
