// c10d's ProcessGroupGloo.hpp includes gloo's headers, which the wheel leaves out. It needs no more than these names:
// only pointers to gloo's classes cross our boundary, so these declarations are enough and nothing of gloo is
// instantiated here. No object of these types is ever made or looked into by us.
#pragma once
