-- What every load has in common: the ids, the requests as ready bytes, and the report.
-- Arguments after `--` on wrk's command line: a file with one id a line, and a mark for the names to write.

local threads = 0

-- Each of wrk's threads has its own Lua state, in which `number` says which thread it is.
function setup(thread)
   threads = threads + 1
   thread:set("number", threads)
end

-- To be called from init(args) of a load.
function prepare(args)
   math.randomseed(os.time() * 97 + number * 7919)
   for _ = 1, 10 do math.random() end
   ids, mark, counter = {}, args[2], 0
   for id in io.lines(args[1]) do
      ids[#ids + 1] = id
   end
end

function random_id()
   return ids[math.random(#ids)]
end

-- The head of a request after its path, built once; wrk.format would build it anew each time.
function head()
   return " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port ..
      "\r\nAuthorization: " .. wrk.headers["Authorization"] .. "\r\n"
end

function with_body(body)
   return "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format(
      'RESULT {"requests": %d, "seconds": %f, "bytes": %d, "p50": %f, "p99": %f, "not_2xx": %d, "socket_errors": %d}\n',
      summary.requests, summary.duration / 1e6, summary.bytes,
      latency:percentile(50.0) / 1000, latency:percentile(99.0) / 1000,
      errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
