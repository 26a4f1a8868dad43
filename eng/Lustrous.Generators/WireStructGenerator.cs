using Microsoft.CodeAnalysis;

namespace Lustrous.Generators;

[Generator]
public sealed class WireStructGenerator : IIncrementalGenerator
{
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
    }
}
