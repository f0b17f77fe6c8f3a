-- A rename of a random conversation; every name is new and carries the mark of its round.
dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "common.lua")

local start, rest

function init(args)
   prepare(args)
   start, rest = "PUT /v1/conversations/", head()
end

function request()
   counter = counter + 1
   return start .. random_id() .. rest .. with_body('{"name":"' .. mark .. " " .. number .. "." .. counter .. '"}')
end
