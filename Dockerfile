# The mesh as a container; docker-compose.yml puts Neo4j beside it.
FROM node:24-slim
WORKDIR /weft
COPY package.json package-lock.json ./
RUN npm ci --omit=dev && npm cache clean --force
COPY . .
RUN mkdir /data && chown node:node /data
USER node
ENV NODE_ENV=production WEFT_HOST=0.0.0.0 WEFT_DATA=/data
VOLUME /data
EXPOSE 4000
CMD ["node", "--max-semi-space-size=64", "--no-allocation-site-pretenuring", "--heap-growing-percent=300", "cli/weft.js", "start"]
