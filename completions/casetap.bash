# bash completion for casetap and its programs
_casetap_cases() {
    local config=/etc/casetap
    compgen -W "$(ls "$config/orders" 2>/dev/null)" -- "$1"
}

_casetap() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} verb=${COMP_WORDS[2]}
    COMPREPLY=()
    case $prev in
    --config | --key | --proof | --orders-key | --root | --old | --new | --metrics)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
        ;;
    --scope)
        mapfile -t COMPREPLY < <(compgen -W "content headers headers-without-ports" -- "$cur")
        return
        ;;
    --summary)
        mapfile -t COMPREPLY < <(compgen -W "none flows packets" -- "$cur")
        return
        ;;
    --authority)
        mapfile -t COMPREPLY < <(compgen -W "title-iii pen-register trap-and-trace pen-trap fisa other" -- "$cur")
        return
        ;;
    esac
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(casetap --help 2>/dev/null | sed -n 's/^  \([a-z]*\) .*/\1/p') --help --version" -- "$cur")
    elif [[ $cur == -* ]]; then
        case $command in order | keyring) ;; *) verb= ;; esac
        mapfile -t COMPREPLY < <(compgen -W "$(casetap "$command" ${verb:+"$verb"} --help 2>/dev/null |
            sed -n 's/^ *\(--[a-z0-9-]*\).*/\1/p')" -- "$cur")
    elif [ "$COMP_CWORD" = 2 ] && [ "$command" = order ]; then
        mapfile -t COMPREPLY < <(compgen -W "new check approve install list show edit extend revoke" -- "$cur")
    elif [ "$COMP_CWORD" = 2 ] && [ "$command" = keyring ]; then
        mapfile -t COMPREPLY < <(compgen -W "show add revoke rotate sign import renew-root" -- "$cur")
    else
        case $command:$verb in
        order:show | order:edit | order:extend | order:revoke | log:* | hold:* | release:* | attach:* | bind:* | certify:*)
            mapfile -t COMPREPLY < <(_casetap_cases "$cur")
            ;;
        esac
        [ "${#COMPREPLY[@]}" -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
}

_casetap_program() {
    local cur=${COMP_WORDS[COMP_CWORD]}
    if [[ $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" --help 2>/dev/null | grep -oE -- '--[a-z0-9-]+' | sort -u)" -- "$cur")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
    fi
}

complete -F _casetap casetap
complete -o filenames -F _casetap_program casetap-capture casetap-packager casetap-uploader casetap-verify
