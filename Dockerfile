# syntax=docker/dockerfile:1
# Arguments, so that mirrors can be used and digests pinned.
ARG BUILD_IMAGE=node:24-bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot

FROM ${BUILD_IMAGE} AS deps
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --no-fund --no-audit

FROM deps AS build
RUN --mount=type=cache,target=/root/.npm npm ci --no-fund --no-audit
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

# The simulated Amperity, for trying things out.
FROM build AS simulator
COPY simulator simulator
USER 65532:65532
EXPOSE 4010 4011
ENTRYPOINT ["node", "--import", "tsx", "simulator/main.ts"]

FROM ${RUNTIME_IMAGE} AS gateway
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="amperity-gateway" \
      org.opencontainers.image.description="A caching gateway between many frontends and one Amperity profile API" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production HOST=0.0.0.0 ADMIN_HOST=0.0.0.0 GATEWAY_CONFIG=/etc/amperity-gateway/gateway.yaml
WORKDIR /app
COPY --from=deps /app/package.json ./
COPY --from=deps /app/node_modules node_modules
COPY --from=build /app/dist dist
USER 65532:65532
EXPOSE 8080 9090
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["/nodejs/bin/node", "dist/cli.js", "health"]
# The base has no shell, and this entrypoint already; it stands here for whoever reads or runs the file.
ENTRYPOINT ["/nodejs/bin/node"]
CMD ["--max-semi-space-size=4", "dist/main.js"]
