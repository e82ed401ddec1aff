# Completion of cowork for fish: what may come next is asked of the program itself.

function __cowork_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete --cursor (count $words) -- $words $current 2>/dev/null)
        if test "$line" = :file
            __fish_complete_path $current
        else
            echo $line
        end
    end
end

complete -c cowork -f -a '(__cowork_complete)'
