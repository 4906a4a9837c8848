-- Prosody as the XMPP gateway: server-to-server streams alone, each local domain a component of the operator (XEP-0114).
-- There are no accounts, nothing is stored, and no file is written. prosody-run says what is in the environment.

local here = ENV_XMPP_CONFIGURATION

local function list(text)
	local items = {}
	for item in (text or ""):gmatch("[^%s,]+") do items[#items + 1] = item end
	return items
end

-- Of a certificate by a public authority, cert-manager may leave an empty ca.crt
local function filled(path)
	local file = io.open(path)
	local first = file and file:read(1)
	if file then file:close() end
	return first and path
end

local function has_colon(text) return text:find(":", 1, true) ~= nil end

local function any(items, predicate)
	for _, item in ipairs(items) do if predicate(item) then return true end end
	return false
end

local addresses = list(ENV_XMPP_S2S_HOST or "*")

-- The container forbids root; tests may be root
run_as_root = true
data_path = ENV_RUN_DIRECTORY or "/tmp"
pidfile = nil
storage = "none"
log = { { levels = { min = ENV_XMPP_LOG_LEVEL or "error" }, to = "console" } }

plugin_paths = { here }
modules_enabled = { "tls", "saslauth", "s2s_bidi", "limits", "federation_edge" }
-- Dialback would let DNS alone prove a domain over a stream that another one's certificate has proven
modules_disabled = { "c2s", "http", "offline", "dialback", "admin_shell", "admin_socket" }

interfaces = addresses
s2s_ports = { tonumber(ENV_XMPP_S2S_PORT or "5269") }
component_interfaces = { ENV_XMPP_COMPONENT_HOST or "127.0.0.1" }
component_ports = { tonumber(ENV_XMPP_COMPONENT_PORT or "5347") }
c2s_ports = {}
use_ipv6 = any(addresses, has_colon)
use_ipv4 = any(addresses, function (address) return not has_colon(address) end)

-- Nobody reaches a component whose certificate is not valid for the domain that they claim
s2s_secure_auth = true
s2s_require_encryption = true
-- Seconds for a stream to be negotiated, a TCP connection, a TLS handshake. Whoever asks has a timer of their own
s2s_timeout = 8
-- With Nagle's algorithm each stanza waits for an acknowledgement of the one before: 40 ms
network_settings = { nagle = false, connect_timeout = 4, ssl_handshake_timeout = 5, tcp_backlog = 1024 }
limits = { s2sin = { rate = (ENV_XMPP_STREAM_RATE or "1mb") .. "/s", burst = "2s" } }

local certificate, key = ENV_TLS_DIRECTORY .. "/tls.crt", ENV_TLS_DIRECTORY .. "/tls.key"
local authorities = ENV_TLS_CA_FILE or filled(ENV_TLS_DIRECTORY .. "/ca.crt")
ssl = {
	certificate = certificate;
	key = key;
	-- Without a file the authorities are those of the system
	cafile = authorities;
	capath = not authorities and "/etc/ssl/certs" or false;
}
-- The one certificate is named above: Prosody is not to look for others
certificates = here

unbound = {
	hoststxt = false;
	resolvconf = ENV_XMPP_DNS_SERVERS == nil;
	forward = ENV_XMPP_DNS_SERVERS and list(ENV_XMPP_DNS_SERVERS);
	options = {
		["do-not-query-localhost:"] = "no";
		-- Three tries, 2.6 s: with unbound's five, silent name servers keep a question for minutes
		["outbound-msg-retry:"] = "2";
		-- Strangers choose names whose servers are silent. As a client unbound asks 16 questions at a time, and it holds
		-- such silence against the name server here, which it then hardly asks for a quarter of an hour
		["outgoing-range:"] = "512";
		["infra-host-ttl:"] = "0";
	};
}

-- Of mod_federation_edge
edge_allowed_networks = list(ENV_XMPP_ALLOWED_NETWORKS)
edge_max_connections = tonumber(ENV_XMPP_MAX_CONNECTIONS or "1024")
edge_max_per_source = tonumber(ENV_XMPP_MAX_PER_SOURCE or "64")
edge_check_seconds = tonumber(ENV_XMPP_CHECK_SECONDS or "5")
edge_watched_files = list(table.concat({ certificate, key, authorities or "", ENV_XMPP_COMPONENT_SECRET_FILE or "" }, ","))

-- Prosody does not start without one
VirtualHost "edge.invalid"
modules_disabled = { "s2s", "tls", "saslauth", "s2s_bidi" }

local function component_secret_of_file(path)
	local file = assert(io.open(path))
	local text = file:read("*a")
	file:close()
	return (text:gsub("%s+$", ""))
end

local secret = ENV_XMPP_COMPONENT_SECRET or component_secret_of_file(ENV_XMPP_COMPONENT_SECRET_FILE)
-- Names in Unicode, as XMPP has them (RFC 7622 section 3.2)
local to_unicode = require("util.encodings").idna.to_unicode
for _, domain in ipairs(list(ENV_XMPP_DOMAINS)) do
	Component(to_unicode(domain) or domain)
	component_secret = secret
	-- An operator that lost its connection is back before Prosody has noticed
	component_conflict_resolve = "kick_old"
end
