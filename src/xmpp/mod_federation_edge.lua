-- What the XMPP gateway needs beyond Prosody's own modules. Loaded by prosody.cfg.lua, which has its settings.
module:set_global()

local adns = require "net.adns"
local ip = require "util.ip"
local server = require "net.server"
local ssl = require "ssl"

-- Addresses. A stranger's DNS must not lead the gateway to what is inside the pod or the cluster. Every outgoing
-- connection passes here, so it does not matter how the address was come by.

local PRIVATE = {
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
	"224.0.0.0/3", "::/127", "::ffff:0:0/96", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
}

local function parse_networks(texts)
	local networks = {}
	for _, text in ipairs(texts) do
		local address, bits = ip.parse_cidr(text)
		if address then
			networks[#networks + 1] = { address = address, bits = bits }
		else
			module:log("error", "XMPP_ALLOWED_NETWORKS: %q is no network", text)
		end
	end
	return networks
end

local private = parse_networks(PRIVATE)
local allowed = parse_networks(module:get_option_array("edge_allowed_networks", {}))

local function is_in(networks, address)
	for _, network in ipairs(networks) do
		if network.address.proto == address.proto and ip.match(address, network.address, network.bits) then return true end
	end
	return false
end

local function may_connect(text)
	local address = ip.new_ip(text)
	return address ~= nil and (not is_in(private, address) or is_in(allowed, address))
end

-- In the place of an address: why there is none
local FAILED = "failed: "

local addclient = server.addclient
function server.addclient(address, ...)
	if address:sub(1, #FAILED) == FAILED then return nil, address:sub(#FAILED + 1) end
	if may_connect(address) then return addclient(address, ...) end
	return nil, "address not allowed"
end

-- DNS. Prosody takes a question that failed for one without an answer, and forgets the reason if another question is
-- answered after it (0.12), or always (13): a name server that fails would make a domain one without XMPP.

local NO_ERROR, NO_SUCH_NAME = 0, 3

local function tell_failures(callback, kind)
	return function (answer, err)
		if answer and answer.rcode ~= NO_ERROR and answer.rcode ~= NO_SUCH_NAME then
			local reason = ("%s in %s lookup"):format(answer.status, kind)
			if kind == "SRV" then return callback(nil, reason) end
			return callback({ { [kind:lower()] = FAILED .. reason } })
		end
		-- what has no error is no reason, and is not to stand in the place of one
		if answer and answer.rcode == NO_ERROR then answer.status = nil end
		return callback(answer, err)
	end
end

local new_resolver = adns.resolver
function adns.resolver(...)
	local resolver = new_resolver(...)
	return {
		lookup = function (_, callback, name, kind, class)
			return resolver:lookup(tell_failures(callback, kind), name, kind, class)
		end;
	}
end

-- Connections from strangers, of whom none may take all.

local max_connections = module:get_option_number("edge_max_connections", 1024)
local max_per_source = module:get_option_number("edge_max_per_source", 64)
local connections, source_of, per_source = 0, {}, {}

local function source(conn)
	local address = ip.new_ip(conn:ip() or "")
	if not address then return "" end
	return address.proto == "IPv6" and address.packed:sub(1, 8) or address.packed
end

module:hook("s2s-connected", function (event)
	local session = event.session
	if session.direction ~= "incoming" then return end
	local conn = session.conn
	local from = source(conn)
	if connections >= max_connections or (per_source[from] or 0) >= max_per_source then
		conn:close()
		return
	end
	connections, source_of[conn], per_source[from] = connections + 1, from, (per_source[from] or 0) + 1
end)

module:hook("s2s-closed", function (event)
	local from = source_of[event.conn]
	if not from then return end
	connections, source_of[event.conn] = connections - 1, nil
	per_source[from] = per_source[from] > 1 and per_source[from] - 1 or nil
end)

-- Files. A renewed Secret appears in place: new connections get the new certificate, open ones stay.

local watched = module:get_option_array("edge_watched_files", {})
local check_seconds = module:get_option_number("edge_check_seconds", 5)

local function read_all()
	local contents = {}
	for _, path in ipairs(watched) do
		local file, err = io.open(path)
		if not file then return nil, err end
		contents[#contents + 1] = file:read("*a") or ""
		file:close()
	end
	return table.concat(contents, "\0")
end

local function check_files()
	local config = module:get_option("ssl")
	local context, err = ssl.newcontext {
		mode = "server"; protocol = "any"; certificate = config.certificate; key = config.key; cafile = config.cafile or nil;
	}
	return context and true, err
end

local loaded = read_all()
local complained

local function complain(err)
	if complained ~= err then module:log("error", "TLS files are not usable, the old ones stay in use: %s", err) end
	complained = err
end

module:add_timer(check_seconds, function ()
	local contents, err = read_all()
	if contents == loaded then
		complained = nil
		return check_seconds
	end
	if contents then
		local usable
		usable, err = check_files()
		if usable then
			loaded, complained = contents, nil
			prosody.main_thread:run(function () prosody.reload_config() end)
			return check_seconds
		end
	end
	complain(err)
	return check_seconds
end)
