# shellcheck shell=bash disable=SC2034
# What every recipe begins with: the settings, its arguments, and how it runs a command. Read by `source`.
source "${BASH_SOURCE[0]%/*}/settings.sh"

dry_run=
while (($#)); do
    case $1 in
        --dry-run) dry_run=--dry-run ;;
        --) shift && break ;;
        *) echo "usage: [VARIABLE=VALUE ...] $0 [--dry-run] [-- KEY=VALUE ...]" >&2 && exit 2 ;;
    esac
    shift
done

show() { # show a command, as it would be typed
    printf '%q ' "$@" && echo
}

run() { # show a command, and run it unless this is a dry run
    show "$@"
    [[ -n $dry_run ]] || "$@"
}

customers() { # customers URL...: the overrides, one a line, that let a model behind these URLs play the customer
    local number=0 url user
    if (($#)) && [[ $USER_KIND == scripted ]]; then USER_KIND=hybrid; fi # the script needs no model
    echo "+user=$([[ $# -gt 1 ]] && echo ensemble || echo "$USER_KIND")"
    if (($# == 1)); then
        echo "cove.user.endpoint.url=$1"
        echo "cove.user.endpoint.model=$USER_MODEL"
    elif (($# > 1)); then
        printf '~cove.user.members.%s\n' a b c
        for url in "$@"; do
            user="{kind: $USER_KIND, endpoint: {url: '$url', model: '$USER_MODEL'}}"
            echo "+cove.user.members.server$((number += 1))={weight: 1.0, user: $user}"
        done
    fi
}

answers() { # answers URL: whether the server there says that it is well
    python -c 'import sys, urllib.request as web; web.urlopen(sys.argv[1], timeout=5)' "${1%/v1}/health" 2>/dev/null
}
