-- nginx: wrk sends one constant request, the cheapest thing that it can do.
dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "common.lua")
