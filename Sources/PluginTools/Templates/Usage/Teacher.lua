t = teacher.open { "template", sentences = 2 }
t "One cat. Two dogs. Three birds."
