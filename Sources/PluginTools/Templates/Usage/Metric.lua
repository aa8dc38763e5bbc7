metrics["template"]({ "a red cat" }, { "a cat" })
