-- A new conversation of the bot named by the mark.
dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "common.lua")

local start

function init(args)
   prepare(args)
   start = "POST /v1/conversation/create" .. head()
end

function request()
   counter = counter + 1
   return start .. with_body('{"bot_id":"' .. mark .. '","name":"Conversation ' .. number .. "." .. counter .. '"}')
end
