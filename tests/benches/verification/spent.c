/* What a program costs, to the microsecond and without the cost of whoever measures.
 *
 *   spent COMMAND [ARGUMENT...]     runs it with stdout thrown away; answers: exit code, nanoseconds of CPU time (user
 *                                   and system), nanoseconds by the clock, largest resident set in bytes
 *
 * A program of its own, since Linux counts the memory of the process that starts another one as the other's. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments) {
    struct timespec start, end;
    struct rusage used;
    int status;
    if (count < 2) return 2;
    clock_gettime(CLOCK_MONOTONIC, &start);
    pid_t child = fork();
    if (child < 0) return 1;
    if (child == 0) {
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        execvp(arguments[1], arguments + 1);
        _exit(127);
    }
    if (wait4(child, &status, 0, &used) != child) return 1;
    clock_gettime(CLOCK_MONOTONIC, &end);
    long long seconds = used.ru_utime.tv_sec + used.ru_stime.tv_sec;
    long long cpu = seconds * 1000000000LL + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000LL;
    long long clock = (end.tv_sec - start.tv_sec) * 1000000000LL + end.tv_nsec - start.tv_nsec;
    printf("%d %lld %lld %lld\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1, cpu, clock, used.ru_maxrss * 1024LL);
    return 0;
}
