-- How healthy a BootstrapWorkflow is, for Argo CD, which runs this with the live object as obj: in
-- Lua 5.1, without most libraries. The language itself is enough here.
local health = {
  Succeeded = "Healthy",
  Failed = "Degraded",
  Cancelled = "Degraded",
  Invalid = "Degraded",
  Suspended = "Suspended",
  Waiting = "Suspended",
}
local status = obj.status or {}
-- The status of what comes from a backup is that of another object. Once the operator has seen that, it
-- says Restored and nothing else until it is resumed, whatever is edited.
if status.reason ~= "Restored" then
  if status.state == nil or status.uid ~= obj.metadata.uid then
    return {status = "Progressing", message = "the operator has not seen it yet"}
  end
  if (status.observedGeneration or 0) < obj.metadata.generation then
    return {status = "Progressing", message = "the operator has not seen the latest edit yet"}
  end
end
local message = status.message
if message == nil or message == "" then
  message = status.state
end
return {status = health[status.state] or "Progressing", message = message}
