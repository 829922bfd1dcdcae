#!/usr/bin/env bash
# The chart on a cluster of kind: install, helm test, then a rollout and the draining of a node under load.
# NOT RUN BY THE MAINTAINERS, who have had no Docker. Needs docker, kind, kubectl and helm; KEEP=1 keeps the cluster.
set -euo pipefail
cd "$(dirname "$0")/.."

cluster=amperity-gateway
helm=${HELM:-helm}
scratch=$(mktemp -d)
export KUBECONFIG=$scratch/kubeconfig

finish() {
  [ -n "${KEEP:-}" ] && echo "KUBECONFIG=$KUBECONFIG" && return
  kind delete cluster --name "$cluster"
  rm -r "$scratch"
}
trap finish EXIT

kind create cluster --name "$cluster" --config tools/kind/cluster.yaml
for target in gateway simulator; do
  docker build --target "$target" --tag "amperity-$target:kind" .
  kind load docker-image --name "$cluster" "amperity-$target:kind"
done
mkdir "$scratch/keys"
key=$(docker run --rm --user "$(id -u)" --volume "$scratch/keys:/keys" amperity-gateway:kind \
  dist/cli.js init --folder /keys | sed -n 1p)
kubectl create secret generic gateway --from-file "$scratch/keys"
kubectl apply --filename tools/kind/simulator.yaml
kubectl rollout status deployment/simulator --timeout 5m

"$helm" install gateway helm/amperity-gateway --values tools/kind/values.yaml --wait --timeout 5m
"$helm" test gateway --logs

page='http://gateway-amperity-gateway/api/indexes/idx-loyalty/profiles?limit=5'
kubectl run load --image amperity-gateway:kind --restart Never -- \
  --input-type=module --eval "$(cat tools/kind/load.mjs)" "$page" "$key"
kubectl wait pod/load --for condition=Ready --timeout 2m
kubectl logs load --follow >"$scratch/load" &
follower=$!

kubectl rollout restart deployment/gateway-amperity-gateway
kubectl rollout status deployment/gateway-amperity-gateway --timeout 10m

asker=$(kubectl get pod load --output 'jsonpath={.spec.nodeName}')
drained=$(kubectl get nodes --selector '!node-role.kubernetes.io/control-plane' --output name | grep --invert-match "/$asker\$")
kubectl drain "${drained#node/}" --ignore-daemonsets --delete-emptydir-data --timeout 10m
kubectl rollout status deployment/gateway-amperity-gateway --timeout 10m

kubectl delete pod load
wait "$follower"
tail -n 1 "$scratch/load"
tail -n 1 "$scratch/load" | grep --quiet '"failed":0}'
