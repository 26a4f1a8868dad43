using BenchmarkDotNet.Running;
using Lustrous.Bench.Micro;

BenchmarkSwitcher.FromAssembly(typeof(CapsuleBenchmarks).Assembly).Run(args);
return 0;
