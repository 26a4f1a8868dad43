using System.Diagnostics.CodeAnalysis;

namespace Lustrous.Libcfs;

/// <summary>A value, or the expected error that stands in its place (design rule 7).</summary>
public readonly struct Result<T> : IEquatable<Result<T>>
{
    readonly T? _value;

    internal Result(T? value, Errno error)
    {
        _value = value;
        Error = error;
    }

    /// <summary><c>OK</c>, or why there is no value.</summary>
    public Errno Error { get; }

    [MemberNotNullWhen(false, nameof(_value))]
    public bool Failed => Error != Errno.OK;

    /// <summary>The value; asking for it after a failure is a bug of the caller (LBUG).</summary>
    public T Value
    {
        get
        {
            Lassert.That(Error == Errno.OK, "the value of a failed Result was asked for");
            return _value!;
        }
    }

    public static implicit operator Result<T>(T value) => new(value, Errno.OK);

    public static implicit operator Result<T>(Errno error)
    {
        Lassert.That(error != Errno.OK, "a Result without a value needs an error");
        return new(default, error);
    }

    public override string ToString() => Failed ? Error.ToString() : _value?.ToString() ?? "null";

    public bool Equals(Result<T> other) =>
        Error == other.Error && EqualityComparer<T?>.Default.Equals(_value, other._value);

    public override bool Equals(object? obj) => obj is Result<T> other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Error, _value);

    public static bool operator ==(Result<T> left, Result<T> right) => left.Equals(right);

    public static bool operator !=(Result<T> left, Result<T> right) => !left.Equals(right);
}

/// <summary>Makes results of values whose type is an interface, which the language does not convert by
/// itself.</summary>
public static class Result
{
    public static Result<T> Of<T>(T value) => new(value, Errno.OK);
}
