# syntax=docker/dockerfile:1
FROM node:24-bookworm-slim AS sources
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-fund --no-audit
COPY tsconfig.json tsconfig.build.json ./
COPY src src

FROM sources AS build
RUN npm run build && npm prune --omit=dev --no-fund --no-audit

# The simulated Amperity, for trying things out.
FROM sources AS simulator
COPY simulator simulator
USER 65532:65532
EXPOSE 4010 4011
ENTRYPOINT ["node", "--import", "tsx", "simulator/main.ts"]

FROM node:24-bookworm-slim AS gateway
ENV NODE_ENV=production HOST=0.0.0.0 ADMIN_HOST=0.0.0.0 GATEWAY_CONFIG=/etc/amperity-gateway/gateway.yaml
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
USER 65532:65532
EXPOSE 8080 9090
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["node", "dist/cli.js", "health"]
ENTRYPOINT ["node", "dist/main.js"]
