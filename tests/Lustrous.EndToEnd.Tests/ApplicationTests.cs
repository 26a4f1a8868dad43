using System.Globalization;

namespace Lustrous.EndToEnd.Tests;

/// <summary>Large programs of Debian that lean on a file system: locks, syncs, shared memory, times, renames.</summary>
[Collection("end to end")]
public sealed class ApplicationTests(SharedCluster shared) : IClassFixture<SharedCluster>
{
    /// <summary>How long pgbench runs; the long form is a minute.</summary>
    static readonly int s_benchSeconds = int.TryParse(
        Environment.GetEnvironmentVariable("LUSTROUS_PGBENCH_SECONDS"), CultureInfo.InvariantCulture, out int seconds)
        ? seconds : 4;

    const string Git = "git -c user.name=t -c user.email=t@t -c init.defaultBranch=main -c commit.gpgsign=false"
        + " -c gc.auto=0 -c safe.directory=*";

    [Fact]
    public async Task Sqlite_takes_writers_on_two_mounts()
    {
        Needs.Tool("sqlite3");
        (string one, string two) = await shared.FolderAsync("sqlite");

        // Who has committed lets the others in: sqlite asks for its locks again and again, and does not queue.
        await Shell.OkAsync($$"""
            set -e
            sqlite3 {{one}}/db 'create table t(who text, n integer); create index i on t(n)'
            rows() {
              for i in $(seq 12); do
                echo "begin immediate; insert into t values('$1', $i); insert into t values('$1', -$i); commit;"
                echo '.shell sleep 0.05'
              done
            }
            writer() { rows $2 | sqlite3 -bail -cmd '.timeout 90000' $1/db; }
            writer {{one}} a & a=$!
            writer {{two}} b & b=$!
            writer {{one}} c & c=$!
            writer {{two}} d & d=$!
            wait $a; wait $b; wait $c; wait $d
            """, seconds: 300);

        const string All = "ok\na|24|0\nb|24|0\nc|24|0\nd|24|0\n";
        const string Ask = "'pragma integrity_check; select who, count(*), sum(n) from t group by who order by who'";
        Assert.Equal(All, await Shell.OkAsync($"sqlite3 {one}/db {Ask}"));
        Assert.Equal(All, await Shell.OkAsync($"sqlite3 {two}/db {Ask}"));
    }

    [Fact]
    public async Task Sqlite_keeps_its_write_ahead_log_in_shared_memory_of_one_mount()
    {
        Needs.Tool("sqlite3");
        (string one, string two) = await shared.FolderAsync("sqlite-wal");

        await Shell.OkAsync($$"""
            set -e
            test "$(sqlite3 {{one}}/db 'pragma journal_mode=wal')" = wal
            sqlite3 {{one}}/db 'create table t(n integer)'
            rows() { for i in $(seq 10); do echo "insert into t values($i);"; echo '.shell sleep 0.02'; done; }
            writer() { rows | sqlite3 -bail -cmd '.timeout 90000' {{one}}/db; }
            writer & a=$!
            writer & b=$!
            reads=0; last=0
            while [ $last -lt 20 ]; do
              now=$(sqlite3 -cmd '.timeout 90000' {{one}}/db 'select count(*) from t'); test $now -ge $last
              last=$now; reads=$((reads + 1))
            done
            wait $a; wait $b
            """, seconds: 300);

        // The last to close has written the log back: the file alone is the database.
        Assert.Equal("ok\n20|110\n", await Shell.OkAsync(
            $"sqlite3 {two}/db 'pragma integrity_check; select count(*), sum(n) from t'"));
    }

    [Fact]
    public async Task A_second_rsync_has_nothing_to_do()
    {
        Needs.Tool("rsync");
        (string one, string two) = await shared.FolderAsync("rsync");
        string source = shared.LocalFolder("rsync");
        await Shell.OkAsync($"""
            set -e; cd {source}; mkdir -p a/b
            for i in $(seq 60); do head -c $((i * 2003)) /dev/urandom > a/f$i; ln -s ../f$i a/b/l$i; done
            ln a/f1 a/b/hard; head -c 3000000 /dev/urandom > large; mkfifo a/pipe
            chmod 4711 a/f2; chmod 1777 a/b; touch -d '2003-04-05 06:07:08' a/f3; touch -hd '2004-01-01' a/b/l4
            printf x > "$(printf 'a name\n\377with\tbytes')"; truncate -s 20M sparse
            """);

        await Shell.OkAsync($"rsync -aHS --whole-file {source}/ {one}/copy/");

        Assert.Equal("", await Shell.OkAsync($"rsync -aHSi --dry-run --delete {source}/ {one}/copy/"));
        string told = await Shell.OkAsync($"rsync -aHS --stats {source}/ {two}/copy/");
        Assert.Contains("Number of created files: 0\n", told, StringComparison.Ordinal);
        Assert.Contains("Number of regular files transferred: 0\n", told, StringComparison.Ordinal);
        // By their bytes, and the one that is changed is the one that goes.
        await Shell.OkAsync($"printf X | dd of={two}/copy/a/f9 bs=1 seek=99 conv=notrunc status=none");
        string changed = await Shell.OkAsync($"rsync -aHSic --delete {source}/ {one}/copy/");
        Assert.Matches("^>fc[^ ]* a/f9\n$", changed);
    }

    [Fact]
    public async Task Make_builds_once()
    {
        Needs.Tool("make");
        Needs.Tool("gcc");
        (string one, string two) = await shared.FolderAsync("make");
        await Shell.OkAsync($$"""
            set -e; cd {{one}}; echo 'int f(int);' > all.h
            for i in $(seq 24); do echo "#include \"all.h\"
            int f$i(int n) { return n + $i; }" > f$i.c; done
            { echo '#include <stdio.h>'; for i in $(seq 24); do echo "int f$i(int);"; done
              echo 'int main(void) { int n = 0;'; for i in $(seq 24); do echo "n = f$i(n);"; done
              echo 'printf("%d", n); putchar(10); return 0; }'; } > main.c
            printf 'OBJECTS := $(patsubst %%.c,%%.o,$(wildcard *.c))\nprogram: $(OBJECTS)\n\tgcc -o $@ $^\n' > Makefile
            printf '%%.o: %%.c all.h\n\tgcc -c -o $@ $<\n' >> Makefile
            """);

        string built = await Shell.OkAsync($"cd {one} && make -j2");
        Assert.Equal(25, built.Split('\n').Count(line => line.StartsWith("gcc -c", StringComparison.Ordinal)));
        Assert.Equal("300\n", await Shell.OkAsync($"{two}/program"));
        Assert.Equal("make: 'program' is up to date.\n", await Shell.OkAsync($"cd {one} && make -j2"));
        Assert.Equal("make: 'program' is up to date.\n", await Shell.OkAsync($"cd {two} && make -j2"));

        // Another mount's change is the only one: its object and the program are made again, there and seen here. Times
        // are whole seconds in Lustre: in the second that it was linked in, the program is not older than a new object.
        await Shell.OkAsync($"sleep 1.1; sed -i 's/n + 7/n + 1007/' {two}/f7.c && touch -d '+20 seconds' {two}/f7.c");
        string again = await Shell.OkAsync($"cd {one} && make -j2");
        Assert.Equal(["gcc -c -o f7.o f7.c"], again.Split('\n').Where(
            line => line.StartsWith("gcc -c", StringComparison.Ordinal)));
        Assert.Contains("gcc -o program", again, StringComparison.Ordinal);
        Assert.Equal("1300\n", await Shell.OkAsync($"{two}/program"));
    }

    [Fact]
    public async Task Git_packs_checks_and_serves_both_mounts()
    {
        Needs.Tool("git");
        (string one, string two) = await shared.FolderAsync("git");
        string origin = shared.LocalFolder("git");
        await Shell.OkAsync($"""
            set -e; cd {origin}; {Git} init -q
            for n in 1 2 3; do
              for i in $(seq 40); do mkdir -p d$i; seq $((i * 50 + n)) > d$i/f; done
              {Git} add .; {Git} commit -qm $n
            done
            """);

        await Shell.OkAsync($"""
            set -e; {Git} clone -q --no-hardlinks {origin} {one}/clone; cd {one}/clone
            for i in 1 2 3; do echo $i >> d$i/f; {Git} commit -qam change$i; done
            {Git} gc -q --prune=now; {Git} fsck --full --strict
            test -z "$({Git} status --porcelain)"
            test $({Git} count-objects -v | sed -n 's/^count: //p') = 0
            """);
        // What one mount has packed the other reads, finds unchanged, and goes on with.
        await Shell.OkAsync($"""
            set -e; cd {two}/clone; test -z "$({Git} status --porcelain)"
            {Git} checkout -qb other; {Git} mv d4/f d4/g; {Git} commit -qm moved
            {Git} clone -q {two}/clone {two}/again; {Git} -C {two}/again fsck --full
            cd {one}/clone; test -z "$({Git} status --porcelain)"; test -e d4/g; test ! -e d4/f
            test $({Git} log --oneline other | wc -l) = 7; {Git} push -q {origin} other
            """);
        Assert.Equal("7\n", await Shell.OkAsync($"{Git} -C {origin} log --oneline other | wc -l"));
    }

    [Fact]
    public async Task Postgres_runs_on_a_mount_and_finds_its_data_on_the_other()
    {
        const string Versions = "/usr/lib/postgresql";
        string[] versions = Directory.Exists(Versions) ? Directory.GetDirectories(Versions) : [];
        if (versions.Length == 0)
            Assert.Skip("there is no PostgreSQL");
        (string one, string two) = await shared.FolderAsync("postgres");
        string local = shared.LocalFolder("postgres");
        // PostgreSQL runs as anybody but root.
        string common = $$"""
            set -e; PATH={{versions.Max()}}/bin:$PATH; cd /
            as() { if [ $(id -u) = 0 ]; then setpriv --reuid=postgres --regid=postgres --clear-groups env HOME=/tmp "$@"
              else "$@"; fi; }
            start() {
              trap "as pg_ctl -s -D $1/data -m immediate stop" EXIT
              as pg_ctl -s -D $1/data -w -t 90 -o '-k {{local}} -c listen_addresses=' -l {{local}}/log start \
                || { cat {{local}}/log; exit 1; }
            }
            stop() { as pg_ctl -s -D $1/data -w -t 90 -m fast stop; trap - EXIT; }
            ask() { as psql -h {{local}} -At bench -c "$1"; }
            """;

        await Shell.OkAsync($$"""
            {{common}}
            if [ $(id -u) = 0 ]; then chown postgres:postgres {{one}} {{local}}; fi
            as initdb -k --no-sync -A trust --no-locale -E UTF8 -D {{one}}/data > {{local}}/initdb 2>&1 \
              || { cat {{local}}/initdb; exit 1; }
            start {{one}}
            as createdb -h {{local}} bench
            as pgbench -h {{local}} -q -i -s 1 bench
            as pgbench -h {{local}} -c 4 -j 2 -T {{s_benchSeconds}} bench > {{local}}/bench
            grep -qx 'number of failed transactions: 0 (0.000%)' {{local}}/bench || { cat {{local}}/bench; exit 1; }
            ask 'select count(*) from pgbench_history' > {{local}}/count
            stop {{one}}; as pg_checksums -c -D {{one}}/data
            """, seconds: 300 + s_benchSeconds);
        string count = await File.ReadAllTextAsync(
            Path.Combine(local, "count"), TestContext.Current.CancellationToken);
        Assert.True(int.Parse(count, CultureInfo.InvariantCulture) > 0);

        string sums = await Shell.OkAsync($$"""
            {{common}}
            start {{two}}
            ask 'select count(*) from pgbench_history'
            ask 'select (select sum(abalance) from pgbench_accounts) = (select sum(delta) from pgbench_history)'
            ask 'select (select sum(tbalance) from pgbench_tellers) = (select sum(bbalance) from pgbench_branches)'
            ask 'vacuum full pgbench_tellers' > {{local}}/vacuum
            stop {{two}}; as pg_checksums -c -D {{one}}/data > {{local}}/sums
            """, seconds: 300);
        Assert.StartsWith(count + "t\nt\n", sums, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine(await File.ReadAllTextAsync(
            Path.Combine(local, "bench"), TestContext.Current.CancellationToken));
    }
}
