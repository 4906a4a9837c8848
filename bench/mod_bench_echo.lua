-- A component that sends back what it gets: the other end of what is measured over XMPP
local st = require "util.stanza"

local function echo(event)
	local stanza = event.stanza
	if stanza.attr.type == "error" then return true end
	local back = st.clone(stanza)
	back.attr.from, back.attr.to = stanza.attr.to, stanza.attr.from
	module:send(back)
	return true
end

local function result(event)
	local stanza = event.stanza
	if stanza.attr.type == "get" then module:send(st.reply(stanza)) end
	return true
end

for _, kind in ipairs { "bare", "full" } do
	module:hook("message/" .. kind, echo, 1000)
	module:hook("iq/" .. kind, result, 1000)
end
module:hook("iq/host", result, 1000)
