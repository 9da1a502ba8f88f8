-- Distinct contacts for wrk: three handles and a link each. Arguments: the Authorization headers of companies that take
-- turns, with commas between; the number of the first contact; how many there are before they begin again (0: never); with
-- "named" as the fourth, each report names its record.

local thread_count = 0

function setup(thread)
  thread:set("number", thread_count)
  thread_count = thread_count + 1
end

function init(arguments)
  wrk.method = "POST"
  wrk.path = "/api/1/contacts"
  headers = {}
  for authorization in string.gmatch(arguments[1], "[^,]+") do
    table.insert(headers, { ["Authorization"] = authorization, ["Content-Type"] = "application/json" })
  end
  first = tonumber(arguments[2])
  around = tonumber(arguments[3])
  record = arguments[4] == "named" and ',"record":{"system":"crm","id":"%d"}}' or "}"
  count = 0
end

local body = '{"name":"Person %d","description":"Customer since %d","fields":['
  .. '{"source":"email","handle":"person.%d@example%d.org"},'
  .. '{"source":"twitter","handle":"@p%d"},'
  .. '{"source":"phone","handle":"+1%03d%03d%04d"}],'
  .. '"link":[{"url":"https://crm.example.org/people/%d"}]'

function request()
  local n = first + count
  count = count + 1
  if around > 0 then
    count = count % around
  end
  -- Addresses come in no order, as they do from people.
  local mixed = (n * 7919) % 1000003 * 1000 + n % 1000
  local phone = 2000000000 + n
  local text = string.format(body, n, 1990 + n % 35, mixed, n % 97, mixed,
    math.floor(phone / 10000000), math.floor(phone / 10000) % 1000, phone % 10000, n) .. string.format(record, n)
  return wrk.format(nil, nil, headers[n % #headers + 1], text)
end
