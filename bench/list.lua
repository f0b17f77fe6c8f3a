-- Twenty conversations of the bot named by the mark: one of the first five pages.
dofile((debug.getinfo(1, "S").source:match("^@(.*/)") or "./") .. "common.lua")

local requests = {}

function init(args)
   prepare(args)
   for page = 1, 5 do
      local path = "/v1/conversations?bot_id=" .. mark .. "&page_num=" .. page .. "&page_size=20"
      requests[page] = "GET " .. path .. head() .. "\r\n"
   end
end

function request()
   return requests[math.random(5)]
end
