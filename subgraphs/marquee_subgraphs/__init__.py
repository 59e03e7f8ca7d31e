"""The nine subgraphs of the cinema and the kit they run on. They never import each other, nor the engine."""
