# Three images: `--target operator`, `--target sip-router` and `--target xmpp-gateway`. All run as user 10001 on a read-only
# root file system. VERSION, REVISION (of the source) and CREATED (RFC 3339) go into the labels.
ARG VERSION=0.0.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
ARG SOURCE=https://github.com/sip-federation/sip-federation
ARG NODE=docker.io/library/node:24.21.0-trixie-slim
ARG DEBIAN=docker.io/library/debian:13-slim
# For Prosody 0.12, which the tests run: the operator reads its error texts
ARG DEBIAN_OF_PROSODY=docker.io/library/debian:12-slim

FROM ${NODE} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# Without scripts: the npm package `node` would fetch another Node.js
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
# The pages of the console first: what both have in common is written with its source map
RUN node_modules/.bin/tsc -p src/admin/console/web/tsconfig.build.json && node_modules/.bin/tsc -p tsconfig.build.json \
	&& cp src/admin/console/web/*.html src/admin/console/web/*.css src/admin/console/web/*.svg dist/admin/console/web
RUN npm prune --omit=dev --ignore-scripts \
	&& find node_modules -type f \( -name '*.map' -o -name '*.ts' -o -name '*.cts' -o -name '*.mts' \) -delete

FROM ${DEBIAN} AS operator
LABEL org.opencontainers.image.title="sip-federation operator" \
	org.opencontainers.image.description="Reconciles StaticRoutes and FederatedDomains into the SIP router of its pod" \
	org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production
COPY --from=build /usr/local/bin/node /usr/local/bin/node
WORKDIR /app
COPY LICENSE package.json src/operator-run ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
ARG VERSION
ARG REVISION
ARG CREATED
ARG SOURCE
ARG DEBIAN
LABEL org.opencontainers.image.version="${VERSION}" \
	org.opencontainers.image.revision="${REVISION}" \
	org.opencontainers.image.created="${CREATED}" \
	org.opencontainers.image.source="${SOURCE}" \
	org.opencontainers.image.url="${SOURCE}" \
	org.opencontainers.image.documentation="${SOURCE}/tree/main/docs" \
	org.opencontainers.image.vendor="sip-federation" \
	org.opencontainers.image.base.name="${DEBIAN}"
USER 10001:10001
ENTRYPOINT ["/app/operator-run"]
CMD ["--config", "/etc/sip-federation/config.yaml"]

# Kamailio with what kamailio.cfg loads, and nothing else: Debian's package needs Python for tools that are not used
FROM ${DEBIAN} AS kamailio
RUN apt-get update && apt-get install -y --no-install-recommends kamailio kamailio-extra-modules \
	kamailio-tls-modules
COPY src/router/kamailio.cfg /tmp/
COPY tools/image/collect tools/image/collect-kamailio /tmp/
RUN /tmp/collect-kamailio /tmp/kamailio.cfg /collected

FROM ${DEBIAN} AS sip-router
LABEL org.opencontainers.image.title="sip-federation SIP router" \
	org.opencontainers.image.description="Kamailio, driven by the operator of its pod" \
	org.opencontainers.image.licenses="Apache-2.0 AND GPL-2.0-or-later"
COPY --from=kamailio /collected /
WORKDIR /app
COPY LICENSE src/router/kamailio.cfg src/router/kamailio-run src/router/kamailio-ready src/router/kamailio-log ./
ARG VERSION
ARG REVISION
ARG CREATED
ARG SOURCE
ARG DEBIAN
LABEL org.opencontainers.image.version="${VERSION}" \
	org.opencontainers.image.revision="${REVISION}" \
	org.opencontainers.image.created="${CREATED}" \
	org.opencontainers.image.source="${SOURCE}" \
	org.opencontainers.image.url="${SOURCE}" \
	org.opencontainers.image.documentation="${SOURCE}/tree/main/docs" \
	org.opencontainers.image.vendor="sip-federation" \
	org.opencontainers.image.base.name="${DEBIAN}"
USER 10001:10001
ENTRYPOINT ["/app/kamailio-run"]

# Prosody with what prosody.cfg.lua loads, and nothing else
FROM ${DEBIAN_OF_PROSODY} AS prosody
# The certificate that Debian makes for this machine is no authority, and another one in each build
RUN apt-get update && apt-get install -y --no-install-recommends prosody lua-unbound ca-certificates \
	&& rm /etc/ssl/certs/ssl-cert-snakeoil.pem && find /etc/ssl/certs -xtype l -delete
COPY src/xmpp/prosody.cfg.lua src/xmpp/mod_federation_edge.lua /tmp/
COPY tools/image/collect tools/image/collect-prosody /tmp/
RUN /tmp/collect-prosody /tmp/prosody.cfg.lua /collected

FROM ${DEBIAN_OF_PROSODY} AS xmpp-gateway
LABEL org.opencontainers.image.title="sip-federation XMPP gateway" \
	org.opencontainers.image.description="Prosody, through which the operator of its pod speaks XMPP with other domains" \
	org.opencontainers.image.licenses="Apache-2.0 AND MIT"
COPY --from=prosody /collected /
# The public authorities, for an installation that names none
COPY --from=prosody /usr/share/ca-certificates /usr/share/ca-certificates
COPY --from=prosody /etc/ssl/certs /etc/ssl/certs
WORKDIR /app
COPY LICENSE src/xmpp/prosody.cfg.lua src/xmpp/mod_federation_edge.lua src/xmpp/prosody-run ./
ARG VERSION
ARG REVISION
ARG CREATED
ARG SOURCE
ARG DEBIAN_OF_PROSODY
LABEL org.opencontainers.image.version="${VERSION}" \
	org.opencontainers.image.revision="${REVISION}" \
	org.opencontainers.image.created="${CREATED}" \
	org.opencontainers.image.source="${SOURCE}" \
	org.opencontainers.image.url="${SOURCE}" \
	org.opencontainers.image.documentation="${SOURCE}/tree/main/docs" \
	org.opencontainers.image.vendor="sip-federation" \
	org.opencontainers.image.base.name="${DEBIAN_OF_PROSODY}"
USER 10001:10001
ENTRYPOINT ["/app/prosody-run"]
