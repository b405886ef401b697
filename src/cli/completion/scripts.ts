export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * The scripts know nothing: they hand over the words so far, and show what comes back, a line each (the word, a tab,
 * what it is; `:files` for the names of files). So they stay right when commands, options or actions change.
 */
export const scripts: Readonly<Record<Shell, string>> = {
  bash: `# samovar completion bash: put  eval "$(samovar completion bash)"  into ~/.bashrc
_samovar() {
  local current="\${COMP_WORDS[COMP_CWORD]}" line word
  COMPREPLY=()
  [[ $current == '=' ]] && current=''
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$current")
    else
      printf -v word '%q' "\${line%%$'\\t'*}"
      COMPREPLY+=("$word")
    fi
  done < <("$1" completion --words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _samovar samovar`,

  zsh: `#compdef samovar
# samovar completion zsh: put  eval "$(samovar completion zsh)"  into ~/.zshrc, after compinit
_samovar() {
  local -a found
  local line files=''
  while IFS= read -r line; do
    if [[ $line == ':files' ]]; then
      files=yes
    else
      found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    fi
  done < <("\${words[1]}" completion --words -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#found} )); then _describe samovar found; fi
  if [[ -n $files ]]; then _files; fi
}
compdef _samovar samovar`,

  fish: `# samovar completion fish: put  samovar completion fish | source  into ~/.config/fish/config.fish
function __samovar_words
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    for line in (command $before[1] completion --words -- $before[2..-1] "$current" 2>/dev/null)
        if test "$line" = ':files'
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c samovar -f -a '(__samovar_words)'`,
};
