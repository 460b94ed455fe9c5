"""What S3, or the way to it, has against something, and what helps."""

from botocore import exceptions
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from pacific_infra.errors import PacificError

_LOGIN = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
_NOT_VALID = ("the login is not valid: {words}", _LOGIN)
_NO_RIGHTS = (
    "the login may not do this: {words}",
    "give it s3:ListBucket of the bucket, and s3:GetObject, s3:PutObject, s3:DeleteObject of what is in it",
)
_OTHER_REGION = ("the bucket is in another region: {words}", "write its region=REGION in the URL")
_BY_CODE = {
    "NoSuchBucket": ("the bucket is not there", "make it, or write the right name in the URL"),
    "InvalidBucketName": ("no bucket can have this name", "write the right one in the URL"),
    **dict.fromkeys(("403", "AccessDenied", "AllAccessDisabled", "AccountProblem"), _NO_RIGHTS),
    **dict.fromkeys(("InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken"), _NOT_VALID),
    **dict.fromkeys(("301", "PermanentRedirect", "AuthorizationHeaderMalformed"), _OTHER_REGION),
    "RequestTimeTooSkewed": ("the clocks of S3 and of this computer differ", "set this computer's clock"),
    "NotImplemented": ("the server cannot do what is needed: {words}", "use one that knows conditional writes"),
}
"""By S3's error code; a HEAD has only the status of HTTP."""
_BY_CLASS = (
    ((exceptions.NoCredentialsError, exceptions.PartialCredentialsError), "no credentials were found: {words}", _LOGIN),
    ((exceptions.CredentialRetrievalError, exceptions.TokenRetrievalError, exceptions.SSOError),
     "no credentials were found: {words}", "log in again with the AWS CLI, or " + _LOGIN),
    (exceptions.ProfileNotFound, "the profile is not there: {words}", "write another one in the URL or in AWS_PROFILE"),
    (exceptions.SSLError, "the server's certificate is not signed by a trusted authority: {words}", "set AWS_CA_BUNDLE "
     "to the file with who signed it"),
    (exceptions.ParamValidationError, "no bucket can have this name", "write the right one in the URL"),
    (ResponseParserError, "the server that answers does not speak S3", "write the right endpoint in the URL"),
    ((exceptions.ConnectionError, exceptions.HTTPClientError), "no server answers: {words}", "write the right "
     "endpoint in the URL, or run the same command again"),
)  # fmt: skip
"""The first that fits."""


SDK_ERRORS = (exceptions.BotoCoreError, ResponseParserError, ValueError)
"""What the SDK raises where S3 has not answered; the last for an endpoint that it cannot use."""


def refusal(error: ClientError, place: str) -> PacificError:
    """For an error that S3 answers. ``place``: the bucket's URL."""
    answer = error.response["Error"]
    words = answer.get("Message") or answer["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    problem, fix = _BY_CODE.get(
        answer["Code"], ("S3 refuses: {words}", "run the same command again" if status >= 500 else "see what S3 says")
    )
    return PacificError(problem.format(words=words), place=place, fix=fix)


def no_answer(error: Exception, place: str) -> PacificError:
    """For an error of the SDK."""
    for classes, problem, fix in _BY_CLASS:
        if isinstance(error, classes):
            return PacificError(problem.format(words=error), place=place, fix=fix)
    return PacificError(f"S3 cannot be asked: {error}", place=place)
