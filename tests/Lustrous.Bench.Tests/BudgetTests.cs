using System.Reflection;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Lustrous.Bench.Micro;

namespace Lustrous.Bench.Tests;

/// <summary>Every micro-benchmark allocates no more for each operation than bench/budgets.json allows.</summary>
public sealed class BudgetTests
{
    const int WarmUp = 500, Operations = 5000;

    public static TheoryData<string, string> Benchmarks()
    {
        var data = new TheoryData<string, string>();
        foreach (MethodInfo method in Methods())
        {
            PropertyInfo? parameter = Parameter(method.DeclaringType!);
            foreach (object? value in parameter?.GetCustomAttribute<ParamsAttribute>()!.Values ?? ["-"])
                data.Add($"{method.DeclaringType!.Name}.{method.Name}", value!.ToString()!);
        }
        return data;
    }

    [Theory, MemberData(nameof(Benchmarks))]
    public void An_operation_stays_within_its_budget(string name, string parameter)
    {
        MethodInfo method = Methods().Single(method => $"{method.DeclaringType!.Name}.{method.Name}" == name);
        object bench = Activator.CreateInstance(method.DeclaringType!)!;
        if (Parameter(method.DeclaringType!) is { } property)
            property.SetValue(bench, Convert.ChangeType(parameter, property.PropertyType, null));
        Call<GlobalSetupAttribute>(bench);
        try
        {
            Action operation = Operation(bench, method);
            for (int i = 0; i < WarmUp; i++)
                operation();
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Operations; i++)
                operation();
            double perOperation = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Operations;
            // A table that grows once in thousands of operations is no allocation of the operation.
            Assert.InRange(perOperation, 0, Budgets()[name] + 0.5);
        }
        finally
        {
            Call<GlobalCleanupAttribute>(bench);
        }
    }

    [Fact]
    public void Every_benchmark_has_a_budget_and_every_budget_a_benchmark() =>
        Assert.Equal(
            Methods().Select(method => $"{method.DeclaringType!.Name}.{method.Name}").Order(), Budgets().Keys.Order());

    static Dictionary<string, double> Budgets()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "budgets.json")));
        return json.RootElement.EnumerateObject()
            .ToDictionary(row => row.Name, row => row.Value.GetProperty("bytesPerOperation").GetDouble());
    }

    static IEnumerable<MethodInfo> Methods() =>
        from type in typeof(CapsuleBenchmarks).Assembly.GetTypes()
        from method in type.GetMethods()
        where method.GetCustomAttribute<BenchmarkAttribute>() is not null
        select method;

    static PropertyInfo? Parameter(Type type) =>
        type.GetProperties().SingleOrDefault(property => property.GetCustomAttribute<ParamsAttribute>() is not null);

    static void Call<TAttribute>(object bench) where TAttribute : Attribute =>
        bench.GetType().GetMethods().SingleOrDefault(method => method.GetCustomAttribute<TAttribute>() is not null)
            ?.Invoke(bench, null);

    static Action Operation(object bench, MethodInfo method)
    {
        if (method.ReturnType == typeof(int))
        {
            var call = method.CreateDelegate<Func<int>>(bench);
            return () => call();
        }
        var wide = method.CreateDelegate<Func<long>>(bench);
        return () => wide();
    }
}
