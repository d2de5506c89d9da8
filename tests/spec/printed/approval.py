from hitl_tui import BaseAgent
from hitl_tui import HumanInteractionRequest, InteractionType
from hitl_tui import CLIInteractionHandler
from typing import Dict, Any

class ApprovalAgent(BaseAgent):
    """Agent that requests human approval before proceeding."""
    
    def __init__(self):
        super().__init__()
        self.interaction_handler = None  # Will be injected
    
    def process(self, inputs: Dict[str, Any]) -> Any:
        # Extract data for approval
        approval_data = inputs.get("approval_data", {})
        
        # Create interaction request
        request = HumanInteractionRequest(
            thread_id=self.execution_context.thread_id,
            node_name=self.node_name,
            interaction_type=InteractionType.APPROVAL,
            prompt=f"Please review and approve: {approval_data}",
            context=approval_data,
            timeout_seconds=3600  # 1 hour timeout
        )
        
        # Display interaction request
        if self.interaction_handler:
            self.interaction_handler.display_interaction_request(request)
        
        # Return request ID for tracking
        return {
            "interaction_request_id": str(request.id),
            "status": "pending_approval",
            "message": f"Approval requested. Use: hitl resume {request.thread_id} approve"
        }
