-- The part of health_test.sh that is written in what is tested: health_test.lua HEALTH.LUA CASES.LUA CRD
local health_file, cases_file, crd_file = arg[1], arg[2], arg[3]
local checks, failures = 0, 0

local function check(holds, what)
  checks = checks + 1
  if not holds then
    failures = failures + 1
    io.stderr:write("FAIL ", what, "\n")
  end
end

-- Knows nothing but the object: no library, and no global is there to be changed.
local function health_of(object)
  local script = assert(loadfile(health_file))
  setfenv(script, setmetatable({}, {
    __index = function(_, name)
      assert(name == "obj", "health.lua uses the global " .. name)
      return object
    end,
    __newindex = function(_, name) error("health.lua sets the global " .. name) end,
  }))
  local ran, said = pcall(script)
  return ran and said or {status = "error", message = said}
end

-- The fields of status, and the states that the workflow may be in, as the CRD has them.
local function schema_of_status()
  local fields, states, in_status, field = {}, {}, false, nil
  for line in io.lines(crd_file) do
    local indent, name = line:match("^( *)([%a]+):")
    if indent and #indent <= 10 then in_status = #indent == 10 and name == "status" end
    if in_status and indent and #indent == 14 then
      field = name
      fields[field] = true
    end
    local enum = in_status and field == "state" and line:match("^ +enum: %[(.*)%]$")
    if enum then
      for state in enum:gmatch("%a+") do states[state] = true end
    end
  end
  return fields, states
end

local fields, states = schema_of_status()
check(fields.state and next(states), crd_file .. ": no states found; has its form changed?")
local answered = {}
for _, case in ipairs(dofile(cases_file)) do
  local said, wanted = health_of(case.object), case.health
  check(said.status == wanted.status,
    ("%s: expected %s, got %s (%s)"):format(case.file, wanted.status, tostring(said.status), tostring(said.message)))
  check(said.message == wanted.message,
    ("%s: expected the message '%s', got '%s'"):format(case.file, wanted.message, tostring(said.message)))
  local status = case.object.status or {}
  for field in pairs(status) do
    check(fields[field], ("%s: the CRD has no field status.%s"):format(case.file, field))
  end
  if status.state then
    check(states[status.state], ("%s: the CRD has no state %s"):format(case.file, status.state))
    if status.observedGeneration == case.object.metadata.generation then answered[status.state] = true end
  end
end
for state in pairs(states) do
  check(answered[state], "no case has a workflow that is " .. state)
end
print(("%d checks, %d failed"):format(checks, failures))
os.exit(failures == 0 and 0 or 1)
