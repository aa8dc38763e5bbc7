d = data.load("pairs.template")
