"""What brings the cinema to machines: images, Compose, Kubernetes, nginx, and the same without containers."""
