"""What the cinema tells people: in the application, by mail, by SMS, each in their language, each once."""
