# shellcheck shell=bash
# shellcheck disable=SC2154 # variables of the script that sources this
# Keys, certificates and kubeconfigs of one cluster. Sourced by up.sh.
# Elliptic curve keys: made in milliseconds.

# pki_create FOLDER ADDRESS...: a CA, the key for ServiceAccount tokens and all
# certificates; ADDRESSes are where the API server is reached.
pki_create() (
    local folder=$1 address names=DNS:localhost,DNS:kubernetes
    shift
    for address in default default.svc default.svc.cluster.local; do
        names+=,DNS:kubernetes.$address
    done
    for address; do names+=,IP:$address; done
    mkdir -p "$folder"
    cd "$folder" || exit
    new_key ca
    openssl req -x509 -new -key ca.key -out ca.crt -days 3650 -subj /CN=bootstrap-test-ca 2>>openssl.log
    new_key service-account
    openssl pkey -in service-account.key -pubout -out service-account.pub
    certify apiserver /CN=kube-apiserver "$names"
    certify admin /O=system:masters/CN=admin
    certify apiserver-kubelet-client /O=system:masters/CN=kube-apiserver-kubelet-client
    certify front-proxy-client /CN=front-proxy-client
    certify controller-manager /CN=system:kube-controller-manager
    certify scheduler /CN=system:kube-scheduler
    certify kube-proxy /CN=system:kube-proxy
    certify kubelet "/O=system:nodes/CN=system:node:$node_name" "DNS:$node_name,IP:$1"
)

new_key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>>openssl.log; }

# certify NAME SUBJECT [ALTERNATIVE-NAMES]
certify() {
    new_key "$1"
    openssl req -new -key "$1.key" -subj "$2" -out "$1.csr" 2>>openssl.log
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -out "$1.crt" \
        -extfile <(
            echo "extendedKeyUsage=serverAuth,clientAuth"
            [[ -z ${3:-} ]] || echo "subjectAltName=$3"
        ) 2>>openssl.log
    rm "$1.csr"
}

# kubeconfig_create PKI-FOLDER USER SERVER: to stdout, complete in itself, so
# that the file may be copied anywhere.
kubeconfig_create() {
    cat <<EOF
apiVersion: v1
kind: Config
clusters:
- name: test
  cluster:
    server: $3
    certificate-authority-data: $(base64 -w0 "$1/ca.crt")
users:
- name: $2
  user:
    client-certificate-data: $(base64 -w0 "$1/$2.crt")
    client-key-data: $(base64 -w0 "$1/$2.key")
contexts:
- name: test
  context: {cluster: test, user: $2, namespace: default}
current-context: test
EOF
}
