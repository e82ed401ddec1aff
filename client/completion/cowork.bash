# Completion of cowork for bash: what may come next is asked of the program itself.
# shellcheck shell=bash

_cowork()
{
	local words=() cursor=0 line=$COMP_LINE rest word candidate typed i

	# Bash takes words apart at =, : and @ (COMP_WORDBREAKS): what has no blank before it belongs together.
	for ((i = 0; i < ${#COMP_WORDS[@]}; i++)); do
		word=${COMP_WORDS[i]}
		rest=${line#"${line%%[![:space:]]*}"}
		if ((i > 0)) && [[ -n $line && $rest == "$line" ]]; then
			words[${#words[@]} - 1]+=$word
		else
			words+=("$word")
		fi
		((i == COMP_CWORD)) && cursor=$((${#words[@]} - 1))
		line=${rest#"$word"}
	done

	# Only the last piece is replaced.
	word=${COMP_WORDS[COMP_CWORD]}
	[[ $word == [=:@] ]] && word=
	typed=${words[cursor]-}
	typed=${typed%"$word"}

	COMPREPLY=()
	while IFS= read -r candidate; do
		if [[ $candidate == :file ]]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r candidate; do
				COMPREPLY+=("$candidate")
			done < <(compgen -f -- "$word")
		else
			candidate=${candidate%%$'\t'*}
			COMPREPLY+=("${candidate#"$typed"}")
		fi
	done < <("${words[0]}" __complete --cursor "$cursor" -- "${words[@]}" 2>/dev/null)
} &&
	complete -F _cowork cowork
