-- A random conversation by its id.
dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "common.lua")

local start, rest

function init(args)
   prepare(args)
   start, rest = "GET /v1/conversation/retrieve?conversation_id=", head() .. "\r\n"
end

function request()
   return start .. random_id() .. rest
end
