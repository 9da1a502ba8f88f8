-- Requests that stand in a file, one a line: method, path and body, with tabs between. Arguments: the Authorization header,
-- the file.

function init(arguments)
  headers = { ["Authorization"] = arguments[1], ["Content-Type"] = "application/json" }
  requests = {}
  for line in io.lines(arguments[2]) do
    local method, path, body = string.match(line, "^(%S+)\t(%S+)\t?(.*)$")
    if body == "" then
      body = nil
    end
    table.insert(requests, wrk.format(method, path, headers, body))
  end
  next_request = 0
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end
