# Ends a cluster when the process that started it ends, which is when this one's input does. $1 is the cluster's folder.

# Ctrl-C is for those who are watched.
trap '' HUP INT TERM
cat > /dev/null

# The numbers of the processes that work in the folder, whether or not it is still there. Numbers that a file remembers
# may be another's by now, and somebody may only be looking at the folder.
at_work() {
    for cwd in $(find /proc/[0-9]*/cwd -maxdepth 0 \( -lname "$1" -o -lname "$1/*" \) 2> /dev/null); do
        process=${cwd%/cwd}
        case $(cat "$process/comm" 2> /dev/null) in
            postgres | initdb | pg_ctl | setpriv) echo "${process#/proc/}" ;;
        esac
    done
}

# Whoever was about to start something when it ended may start it a little later.
round=0
while [ $round -lt 200 ]; do
    found=$(at_work "$1")
    if [ -z "$found" ]; then
        rm -rf "$1" 2> /dev/null && break
    elif [ $round -lt 100 ]; then
        # PostgreSQL's immediate shutdown, which gives back the memory that it shares.
        kill -QUIT $found 2> /dev/null
    else
        kill -KILL $found 2> /dev/null
    fi
    sleep 0.05
    round=$((round + 1))
done
